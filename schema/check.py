#!/usr/bin/env python3
"""Sets documents beside document.schema.json with the validator of Python's `jsonschema`, and makes sure that wrong ones are refused.

usage: check.py [DOCUMENTS.jsonl...]     without a file, the golden documents; says so and does nothing where `jsonschema` is not installed
"""
import copy, glob, json, os, sys

try:
    import jsonschema
except ImportError:
    sys.exit(print('schema: not checked, there is no Python package jsonschema'))

here = os.path.dirname(os.path.abspath(__file__))
schema = json.load(open(os.path.join(here, 'document.schema.json'), encoding='utf-8'))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

if sys.argv[1:]:
    documents = [json.loads(line) for path in sys.argv[1:] for line in open(path, encoding='utf-8')]
else:
    files = sorted(glob.glob(os.path.join(here, '..', 'tests', 'golden', '*.json')))
    documents = [json.load(open(path, encoding='utf-8')) for path in files]
assert documents, 'no documents'
for document in documents:
    for error in validator.iter_errors(document):
        sys.exit(f'{document.get("id")}: {error.json_path}: {error.message}')

refused = 0
for document in documents:
    for field in schema['required']:
        wrong = copy.deepcopy(document)
        del wrong[field]
        refused += not validator.is_valid(wrong)
    document['tokens'][0]['span'][0] = -1
    refused += not validator.is_valid(document)
assert refused == len(documents) * (len(schema['required']) + 1), 'a wrong document passes'
print(f'schema: {len(documents)} documents keep to it, {refused} wrong ones do not')
