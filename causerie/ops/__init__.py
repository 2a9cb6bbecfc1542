"""What the operator needs: the first start, migrations, health, the self-check."""
