"""One-command Odoo: fetch, database, browser, run, test (see `make help`)."""
