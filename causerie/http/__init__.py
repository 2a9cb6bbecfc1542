"""What every route needs, whatever its feature: guards, bodies, problems, pages of lists, versions, idempotency."""
