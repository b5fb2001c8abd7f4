"""Building what runs: tools, cores and runners, each made once and kept by what it was made from."""
