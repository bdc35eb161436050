from pathlib import Path

# every test module is picked up by its name: a file that is added can't be forgotten here
__all__ = []
for _path in sorted(Path(__file__).parent.glob("test_*.py")):
    __import__(f"{__name__}.{_path.stem}")
