//! `changebook build`

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CliError;
use super::ui::{DIM, GOOD, Ui, paint};
use crate::book::{Book, BookConfig};
use crate::site::{Built, Destination, SiteOptions, SiteSnapshot, build_folder};

/// Build the static site
///
/// The output is reproducible: the same HEAD gives the same bytes. The time of HEAD is used as the current time
/// unless `--now` is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n\
    \x20\x20changebook build\n\
    \x20\x20changebook build --out /srv/www/changes\n\
    \x20\x20changebook build --base https://example.org/changes/\n\
    \x20\x20changebook build --at 2024-05-20 --out then")]
pub(super) struct BuildArgs {
    /// Write to this folder instead of the one in book.toml
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Build even if links are broken; otherwise they are listed and nothing is written
    #[arg(long)]
    allow_broken_links: bool,
    /// The URL or path that the site is served under, instead of `site-url` in book.toml
    #[arg(long, value_name = "URL", value_parser = base)]
    base: Option<String>,
}

/// An address or a path from the root of a host: nothing else can be the base of a site.
fn base(text: &str) -> Result<String, String> {
    let is_address =
        ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    match (is_address || (text.starts_with('/') && !text.starts_with("//")))
        && text.chars().all(|letter| letter.is_ascii_graphic() && !r##""'<>`\{}|^?#"##.contains(letter))
    {
        true => Ok(text.to_owned()),
        false => Err("write it like `https://example.org/changes/` or `/changes/`".to_owned()),
    }
}

pub(super) fn run(ui: &mut Ui, context: &Context, args: &BuildArgs) -> Result<(), CliError> {
    let book = context.book()?;
    let options = SiteOptions { allow_broken_links: args.allow_broken_links, base: args.base.clone() };
    let (out, built) = build(&book, context, args.out.as_deref(), &options)?;
    let Built { report, n_pages: pages, external_links } = built;
    if context.json {
        return ui.json(&serde_json::json!({
            "schema": "changebook.build/1", "out": out, "pages": pages,
            "written": report.written, "unchanged": report.unchanged, "removed": report.removed,
            "external_links": external_links,
        }));
    }
    let counts =
        format!("{} written, {} unchanged, {} removed", report.written, report.unchanged, report.removed);
    ui.line(format!(
        "{} {pages} files in {} {}",
        paint(GOOD, "built"),
        out.display(),
        paint(DIM, format!("({counts})"))
    ))
}

/// Builds the site of a book, and says where it is.
pub(super) fn build(
    book: &Book,
    context: &Context,
    out: Option<&Path>,
    options: &SiteOptions,
) -> Result<(PathBuf, Built), CliError> {
    let snapshot = SiteSnapshot::read(book, &context.request())?;
    let config = snapshot.config()?;
    let out = match (out, &book.root) {
        (Some(out), _) => out.to_path_buf(),
        (None, Some(root)) => own_folder(root, &config.output)?,
        (None, None) => {
            return Err(CliError::usage("in a bare repository, say where the site goes: `--out DIR`"));
        }
    };
    refuse_own_folders(book, &config, &out)?;
    let to = Destination { out: &out, options, program: context.program(), clock: present };
    let built = build_folder(book, snapshot, &to)?;
    Ok((out, built))
}

#[expect(clippy::disallowed_methods, reason = "only what is kept depends on it, and no page")]
fn present() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

/// The folder that the book names, which nobody asked for by a flag: no link leads out of the book on the way.
fn own_folder(root: &Path, output: &str) -> Result<PathBuf, CliError> {
    let on_the_way = Path::new(output).ancestors().filter(|part| !part.as_os_str().is_empty());
    match on_the_way.map(|part| root.join(part)).find(|part| part.is_symlink()) {
        Some(link) => Err(CliError::failure(format!("`{}` is a symbolic link", link.display()))
            .with_hint("remove it, or write the site elsewhere: `--out DIR`")),
        None => Ok(root.join(output)),
    }
}

/// The site never goes where the book's own files are, nor around them.
fn refuse_own_folders(book: &Book, config: &BookConfig, out: &Path) -> Result<(), CliError> {
    let Some(root) = &book.root else { return Ok(()) };
    let absolute = std::path::absolute(out).unwrap_or_else(|_| out.to_path_buf());
    let absolute = absolute.canonicalize().unwrap_or(absolute);
    let taken = match absolute.strip_prefix(root) {
        Ok(inside) => config.folder_in_the_way(inside),
        Err(_) => root.starts_with(&absolute).then(|| "own folder is".to_owned()),
    };
    match taken {
        Some(taken) => Err(CliError::usage(format!(
            "the site cannot go to `{}`: the book's {taken} there",
            out.display()
        ))
        .with_hint("choose a separate folder: `--out DIR`")),
        None => Ok(()),
    }
}
