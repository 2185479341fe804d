"""When could a visit be: from rows to minutes, and from minutes to starts and to who serves."""
