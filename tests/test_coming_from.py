"Every `audio2pose ...` line of the pages for newcomers and of the README: there is such a command, and it takes such options"
import re, shlex
from pathlib import Path
import pytest, typer
from audio2pose import cli, shell

ROOT = Path(__file__).parent.parent
PAGES = [ROOT/'README.md', *sorted((ROOT/'docs/coming_from').glob('*.md'))]
FENCE = re.compile(r'^```(\w*).*?\n(.*?)^```', re.M|re.S)

def commands(text):
    "Command lines in sh blocks, continued ones joined, loops unwrapped; and those in backticks"
    blocks = ''.join(m[2] for m in FENCE.finditer(text) if m[1]=='sh').replace('\\\n', ' ')
    return re.findall(r'(?:^|; do )(audio2pose .*?)(?= +#|; done|$)', blocks, re.M) + re.findall(r'`(audio2pose [^`]+)`', FENCE.sub('', text))

def fault(line):
    "What of a command line does not exist, or None"
    words,cmd = shlex.split(re.split(r' -- | \| ', line)[0])[1:],typer.main.get_command(shell.app)
    while hasattr(cmd, 'commands') and words and not words[0].startswith('-'):
        if words[0] not in cmd.commands and 'people' not in cmd.commands: return f'no command {words[0]}'
        cmd = cmd.commands[words.pop(0) if words[0] in cmd.commands else 'people']         # `lift FILE` means `lift people FILE`
    known = {o for p in cmd.params for o in p.opts} | {'--help'}
    return next((f'no option {w}' for w in words if re.match(r'--?[a-z]', w) and w.split('=')[0] not in known), None)

@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.stem)
def test_commands_exist(page):
    lines = commands(page.read_text())
    assert len(lines)>3, 'no commands were found'
    assert not {l:w for l in lines if (w := fault(l))}

def test_what_does_not_exist_is_found():
    assert fault('audio2pose generate song.mp3 -o out --seed 3') is None and fault('audio2pose lift a.json -n 2') is None
    assert fault('audio2pose danse song.mp3') == 'no command danse' and fault('audio2pose aist nothing') == 'no command nothing'
    assert fault('audio2pose generate --speed 3') == 'no option --speed' and fault('audio2pose lift a.json -k gt') == 'no option -k'
    assert commands('```sh\naudio2pose a \\\n  --b   # why\nfor f in *; do audio2pose c $f; done\n```\nor `audio2pose d`, no `audio2pose`') == \
        ['audio2pose a    --b', 'audio2pose c $f', 'audio2pose d']
