from . import portal_base, portal_account, portal_pay, portal_home
