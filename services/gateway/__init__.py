"""Accepts a request, decides where it goes, sees it through, answers."""
