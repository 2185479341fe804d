"""The reports' pages, a module for each report: its figures as words, pictures, tables and files. What is
counted is decided on the floors below; pictures are reckoned in `web.plots`.
"""
