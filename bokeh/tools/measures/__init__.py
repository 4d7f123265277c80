"""What a blurred picture is measured by, against its sharp original: for the comparison, the checks and benchmarks."""
