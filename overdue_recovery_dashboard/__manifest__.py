{
    "name": "Overdue Recovery: Dashboard",
    "summary": "What is overdue, what was promised and what reminders bring, on one page",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Overdue Recovery",
    "license": "LGPL-3",
    "depends": ["overdue_recovery", "spreadsheet_dashboard"],
    "auto_install": True,
    "data": [
        "data/spreadsheet_dashboard_data.xml",
        "views/recovery_menus.xml",
    ],
}
