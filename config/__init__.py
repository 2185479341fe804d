"""What is installed and how it is wired: settings, URLs, the Celery app, WSGI. No business rules."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
