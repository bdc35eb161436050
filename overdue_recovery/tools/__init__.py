from . import archive, http_call, smtp_truth, verify_evidence
