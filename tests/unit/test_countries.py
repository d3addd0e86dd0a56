"""Which two letters are a country's."""

from services.countries import countries


def test_the_assigned_codes_are_countries_and_what_is_only_reserved_is_none():
    assert len(countries()) == 249 + 1  # ISO 3166-1 assigns 249; and XK
    assert {"AL", "XK", "GB", "MK", "VA"} <= countries()
    assert countries().isdisjoint({"XX", "ZZ", "XA", "XB", "EU", "UN", "EZ", "QO", "UK", "IC"})
