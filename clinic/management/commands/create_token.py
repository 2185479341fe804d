"""manage.py create_token EMAIL [--days N]: a token for the API, printed once and stored as a hash."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import get_token_model

from clinic.models import User

MOST_DAYS = 365


class Command(BaseCommand):
    help = "Prints a token that acts as this person in the API until it expires. It can't be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument(
            "--days", type=int, default=90, help="How long it lives; at most 365. Default: 90."
        )

    def handle(self, *, email: str, days: int, **options: Any) -> None:
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days must lie between 1 and {MOST_DAYS}.")
        user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
        if user is None:
            raise CommandError("No active user has this address. create_user makes one.")
        _, token = get_token_model().objects.create(user=user, expiry=timedelta(days=days))
        self.stderr.write(f"For {days} days. Send it as the header: Authorization: Bearer <token>")
        self.stdout.write(token)
