"""btree_gist for exclusion constraints on ids, pg_trgm for name search. Both are trusted extensions."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    operations = [BtreeGistExtension(), TrigramExtension()]
