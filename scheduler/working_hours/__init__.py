"""Who and what works, and when: declared by people, laid as openings."""
