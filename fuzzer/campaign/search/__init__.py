"""Campaigns that search for inputs of cores on which targets differ, led by what cases show."""
