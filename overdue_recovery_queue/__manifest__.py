{
    "name": "Overdue Recovery: Job Queue",
    "summary": "Several processes and servers share the sending of reminders",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Overdue Recovery",
    "license": "LGPL-3",
    "depends": ["overdue_recovery", "queue_job"],
    "data": [
        "data/queue_job_data.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
