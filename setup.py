"Build the package from the metadata in settings.ini, its one home"
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_namespace_packages, setup

here = Path(__file__).parent
cfg = ConfigParser(delimiters=['='], interpolation=None)
cfg.read(here/'settings.ini', encoding='utf-8')
cfg = cfg['DEFAULT']
statuses = ['Development Status :: 4 - Beta', 'Intended Audience :: Developers', 'Intended Audience :: Science/Research',
    'Topic :: Multimedia :: Sound/Audio :: Analysis', 'Topic :: Multimedia :: Graphics :: 3D Rendering']

setup(
    name=cfg['name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=(here/'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author=cfg['author'],
    license=cfg['license'],
    keywords=cfg['keywords'].split(),
    classifiers=statuses + [f'Programming Language :: Python :: 3{v}' for v in ('', '.11', '.12', '.13', ' :: Only')],
    python_requires=f">={cfg['min_python']}",
    packages=find_namespace_packages(include=['audio2pose', 'audio2pose.*'], exclude=['*.__pycache__']),
    package_data={'audio2pose.weights': ['*'], 'audio2pose.assets': ['*']},
    install_requires=cfg['requirements'].split(),
    extras_require={k: cfg[f'{k}_requirements'].split() for k in ('smpl', 'hpc', 'dev')},
    entry_points=dict(console_scripts=cfg['console_scripts'].split(), nbdev=['audio2pose=audio2pose._modidx:d']),
    zip_safe=False,
)
