from . import smtp_truth, verify_evidence
