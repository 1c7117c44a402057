"""A study in a folder: a page for people, tables for computers and printers, figures."""
