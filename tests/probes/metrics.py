#!/usr/bin/env python3
"""Reads a file of jailer --status with both of Prometheus's parsers, that of OpenMetrics, which refuses
what the specification forbids, and that of the older text format, which must find the same samples.

    metrics.py FILE                            prints each sample: name, labels, value
    metrics.py FILE NAME [LABEL=VALUE...]      prints the values of those that match
"""
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as older


def samples(parse, text):
    return sorted((sample.name, sorted(sample.labels.items()), sample.value)
                  for family in parse(text) for sample in family.samples)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    found = samples(openmetrics, text)
    if found != samples(older, text):
        sys.exit("the two formats have different samples")
    name, wanted = (sys.argv[2:3] or [None])[0], {tuple(w.split("=", 1)) for w in sys.argv[3:]}
    for sample, labels, value in found:
        if name is None:
            print(sample, ",".join("=".join(label) for label in labels), f"{value:.15g}", sep="\t")
        elif name == sample and wanted <= set(labels):
            print(f"{value:.15g}")


main()
