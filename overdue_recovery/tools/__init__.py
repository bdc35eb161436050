from . import smtp_truth
