"""What a campaign has covered and what it has not: the map, the counts, and what to say of them. Pure."""
