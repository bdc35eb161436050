from . import calc, controllers, demo, models, wizard
from .hooks import post_init_hook, uninstall_hook
