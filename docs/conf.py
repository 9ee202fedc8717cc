"""Sphinx's settings; docs/build.py prepares the pages and runs it"""
import os
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

project = 'audio2pose'
author = copyright = 'The audio2pose authors'
version = release = os.environ.get('A2P_VERSION', '')
extensions = ['myst_nb']
source_suffix = {'.md': 'myst-nb', '.ipynb': 'myst-nb'}

nb_execution_mode = 'off'
nb_merge_streams = True
nb_ipywidgets_js = {}
myst_enable_extensions = ['dollarmath', 'amsmath', 'colon_fence', 'deflist', 'attrs_inline', 'attrs_block']
myst_heading_anchors = 4

add_module_names = False
toc_object_entries_show_parents = 'hide'
python_display_short_literal_types = True

html_theme = 'furo'
html_title = 'audio2pose'
html_logo = '_static/logo.svg'
html_favicon = '_static/favicon.svg'
html_static_path = ['_static']
html_css_files = ['custom.css']
html_js_files = [('site.js', dict(defer='defer'))]
html_copy_source = False
html_show_sphinx = False
html_extra_path = ['extra']
html_math_renderer = 'mathml'
pygments_style = 'a11y-high-contrast-light'
pygments_dark_style = 'a11y-high-contrast-dark'
html_theme_options = dict(
    top_of_page_buttons=[],
    navigation_with_keys=True,
    light_css_variables={'color-brand-primary': '#1f5fd0', 'color-brand-content': '#1f5fd0', 'color-brand-visited': '#6b3fa0'},
    dark_css_variables={'color-brand-primary': '#7fb2ff', 'color-brand-content': '#7fb2ff', 'color-brand-visited': '#c2a5f0',
        'color-background-primary': '#0f141d', 'color-background-secondary': '#0b0f17'},
)

def inline_math(self, node):
    self.body.append(f'<span class="math">{tex2mathml(node.astext())}</span>')
    raise nodes.SkipNode

def block_math(self, node):
    self.body.append(f'<div class="math" tabindex="0" role="group" aria-label="Formula">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode

def levels(app, pagename, templatename, context, doctree):
    "Captions of the sidebar are headings; say of which level"
    if tree := context.get('furo_navigation_tree'): context['furo_navigation_tree'] = tree.replace('role="heading"', 'role="heading" aria-level="2"')

def setup(app):
    app.connect('html-page-context', levels, priority=900)
    app.add_html_math_renderer('mathml', (inline_math, None), (block_math, None))
    return dict(parallel_read_safe=True, parallel_write_safe=True)
