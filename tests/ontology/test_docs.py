import re
from pathlib import Path

from tertius.ontology import files

PAGE = (Path(__file__).parents[2] / "docs" / "ontology.md").read_text(encoding="utf-8")


def test_the_python_of_the_page_gives_what_its_comments_say():
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1)
    names: dict[str, object] = {}
    imports, calls = code.split("\n\n")
    exec(imports, names)
    one, two, three = (eval(line.partition("  #")[0], names) for line in calls.strip().splitlines())
    assert one == "partnerselectie"
    assert all(isinstance(item, str) and item.startswith("https://") for item in two)
    assert three is True


def test_the_page_lists_every_module():
    listed = set(re.findall(r"^\| `([a-z*-]+)` \|", PAGE, re.MULTILINE))
    modules = {path.name.removesuffix(".ttl") for path in files.modules()}
    assert listed - {"concepts-*"} == {name for name in modules if not name.startswith("concepts-")}


def test_the_page_names_only_terms_that_exist():
    known = {triple.subject.value for triple in files.triples(files.modules())}
    for name in re.findall(r"\btt:([A-Za-z]+)", PAGE):
        assert f"https://w3id.org/tertius/ontology#{name}" in known, name
