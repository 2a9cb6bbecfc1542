"""The one door to the data: transactions, row ownership, dialect differences, migrations."""
