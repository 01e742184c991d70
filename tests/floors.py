#!/usr/bin/env python3
"""Fails when a figure of the evaluation lies below its floor in tests/floors.toml.

usage: EVALUATION | floors.py        prints what it reads, then each figure below its floor

A line `== nb: quotes` opens the table `[nb.quotes]`, of which the keys are the names of the figures; of a line with several figures F counts, else
the accuracy, else R. A key without a figure fails too. Entities are those of 8 types, which come first.
"""
import os
import re
import sys
import tomllib

floors = tomllib.load(open(os.path.join(os.path.dirname(__file__), 'floors.toml'), 'rb'))
found, section = {}, None
for line in sys.stdin:
    print(line, end='')
    head = re.match(r'== (?:(nb|nn): )?(\w+)', line)
    figure = re.match(r'(\S.*?)\s{2,}.*?(?:F |accuracy )\s*([\d.]+)', line) or re.match(r'(\S.*?)\s{2,}R\s+([\d.]+)', line)
    if head:
        section = '.'.join(filter(None, head.groups()))
    elif section and figure:
        found.setdefault((section, figure[1]), float(figure[2]))


def rows(floors, table=()):
    for key, value in floors.items():
        if isinstance(value, dict):
            yield from rows(value, (*table, key))
        else:
            yield '.'.join(table), key, value


below = [(table, key, floor) for table, key, floor in rows(floors) if found.get((table, key), 0) < floor]
for table, key, floor in below:
    print(f'[{table}] {key}: {found.get((table, key))}, the floor is {floor}')
print(f'{len(list(rows(floors)))} floors, {len(below)} broken')
sys.exit(len(below) > 0)
