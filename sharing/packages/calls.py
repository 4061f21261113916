"""The commands that a page shows: how a package is fetched by program, and how it is opened."""

from sharing.models import Package

MAKE_KEYS = "age-keygen -o key.txt\nage-keygen -y key.txt"
SHOW_FINGERPRINT = """printf %s "$(age-keygen -y key.txt)" | sha256sum | cut -c1-32"""


def fetch_call(url: str, package: Package) -> str:
    """With a key of the recipient's; what is there already is not fetched twice."""
    return (
        'curl --fail-with-body --header "Authorization: Bearer $KEY" --continue-at - \\\n'
        f"  --output {package.export.name} \\\n"
        f"  {url}"
    )


def open_call(package: Package) -> str:
    """With the private key, where it is kept."""
    sealed = package.export.name
    clear = sealed.removesuffix(".age")
    return f"age --decrypt --identity key.txt --output {clear} {sealed}\nsha256sum {sealed} {clear}"
