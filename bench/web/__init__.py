"""Measures the web app in a real browser against a real server, beside the budgets that it keeps."""
