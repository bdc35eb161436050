"""Timed scenarios and long replays; each is a program of its own (`make bench`, `make replay`)."""
