"""Tests of the benchmarks that need no Odoo."""
