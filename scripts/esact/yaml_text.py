"""YAML as the C++ reader takes it: the parts of it on which all readers agree."""

import re

import yaml

from esact.errors import InputError


class _Loader(yaml.SafeLoader):
    """Whole numbers are decimal without leading zeros, truth is `true` or `false`, all else is text.

    Keys are text, and none stands twice in a map.
    """

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        mapping = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key that is not plain text", key.start_mark)
            if key.value in mapping:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice", key.start_mark)
            mapping[key.value] = self.construct_object(value, deep=deep)
        return mapping


for _tag, _pattern, _first in (("bool", r"true|false", "tf"), ("null", r"~|null|", ["~", "n", ""]),
                               ("int", r"0|[1-9][0-9]*", "0123456789")):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"),
                                  list(_first))


def load_yaml(text: str, source):
    """The one document of `text`; InputError naming `source` if it is not YAML."""
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        # A YAMLError is what the library means to raise; bad values of a tag and depth give the others.
        reason = " ".join(str(error).split())
        raise InputError(f"{source}: not YAML ({reason})") from None
