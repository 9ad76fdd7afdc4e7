//! Long lists in pages of bounded weight: by year, where that is too much by quarter, then by month, then in numbered
//! parts. A page shows the newest, and names all others.

use jiff::civil::Date;
use serde::Serialize;

/// Something of a long list.
#[derive(Debug, Clone)]
pub(super) struct Dated<T> {
    pub(super) date: Date,
    /// How much room it takes, in rows.
    pub(super) weight: usize,
    pub(super) value: T,
}

/// A stretch of a list, the newest first.
#[derive(Debug)]
pub(super) struct Part<T> {
    pub(super) year: i16,
    /// `2024`, `2nd quarter of 2024`, `May 2024`, `May 2024, part 2`.
    pub(super) title: String,
    /// The title beside its year: `all`, `Q2`, `May`; the same for all parts of a month.
    stretch: String,
    /// The number of one of several parts of a month.
    number: Option<usize>,
    /// For its address: `2024`, `2024-Q2`, `2024-05`, `2024-05-part-2`.
    pub(super) slug: String,
    pub(super) values: Vec<T>,
}

impl<T> Part<T> {
    /// The title beside its year, with the number.
    fn label(&self) -> String {
        match self.number {
            Some(number) => format!("{}\u{a0}({number})", self.stretch),
            None => self.stretch.clone(),
        }
    }
}

/// Links to one year.
#[derive(Debug, Clone, Serialize)]
pub(super) struct YearLinks {
    pub(super) year: String,
    pub(super) count: usize,
    /// Whether the page itself is of it.
    pub(super) here: bool,
    /// Its newest page, from the site's root.
    pub(super) page: String,
    /// Its quarters or months; only where the page is of that year, or of none and the year is the newest.
    pub(super) links: Vec<PartLink>,
}

/// A link to a part, or to the newest of several parts of a month that is not the page's own.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PartLink {
    /// `Q2`, `May`, `May (2)`.
    pub(super) label: String,
    /// From the site's root.
    pub(super) page: String,
    pub(super) count: usize,
    /// Whether it is the page itself.
    pub(super) here: bool,
}

/// A link to one of the numbered pages of one thing.
#[derive(Debug, Serialize)]
pub(super) struct NumberLink {
    pub(super) number: usize,
    /// From the site's root.
    pub(super) page: String,
    /// Whether it is the page itself.
    pub(super) here: bool,
}

/// Links among pages that are numbered from 1, as the one numbered `here` (from 0) shows them; none where it is the
/// only one.
pub(super) fn numbered(pages: &[String], here: usize) -> Vec<NumberLink> {
    let links = pages.iter().enumerate().filter(|_| pages.len() > 1);
    links
        .map(|(index, page)| NumberLink { number: index + 1, page: page.clone(), here: index == here })
        .collect()
}

/// What stands on one of the pages that things take, so many at most on each.
pub(super) struct Numbered<'t, T> {
    /// From the site's root.
    pub(super) page: String,
    pub(super) things: &'t [T],
    /// As [`numbered`] gives them.
    pub(super) links: Vec<NumberLink>,
}

/// The pages of things, the first at `path`, the others numbered behind its name; one page where there is nothing.
pub(super) fn in_pages<'t, T>(path: &str, things: &'t [T], size: usize) -> Vec<Numbered<'t, T>> {
    let chunks: Vec<&[T]> = if things.is_empty() { vec![things] } else { things.chunks(size).collect() };
    let stem = path.trim_end_matches(".html");
    let page = |number: usize| match number {
        1 => path.to_owned(),
        number => format!("{stem}-{number}.html"),
    };
    let pages: Vec<String> = (1..=chunks.len()).map(page).collect();
    let of = |(index, things): (usize, &'t [T])| Numbered {
        page: pages[index].clone(),
        things,
        links: numbered(&pages, index),
    };
    chunks.into_iter().enumerate().map(of).collect()
}

/// Splits a list, so that no part takes more room than `limit` unless it is a single thing. Years and parts of them
/// come newest first, and so do the things in them.
pub(super) fn parts<T>(mut list: Vec<Dated<T>>, limit: usize) -> Vec<Part<T>> {
    list.sort_by_key(|dated| std::cmp::Reverse(dated.date));
    let by_year = grouped(list, |date| date.year());
    by_year.into_iter().flat_map(|(year, list)| of_year(year, list, limit)).collect()
}

/// The page of a part.
pub(super) fn page_of<T>(folder: &str, part: &Part<T>) -> String {
    format!("{folder}/{}.html", part.slug)
}

/// Links that lead to every part in a few steps; one of the parts may be the page that they stand on. There are as many
/// as there are years, months and parts of one month, however long the list is.
pub(super) fn links<T>(folder: &str, parts: &[Part<T>], here: Option<&str>) -> Vec<YearLinks> {
    let is_here = |part: &Part<T>| here == Some(&part.slug);
    let years = parts.chunk_by(|a, b| a.year == b.year).enumerate();
    years
        .map(|(number, year)| {
            let of_page = year.iter().any(is_here);
            let is_open = year.len() > 1 && (of_page || (here.is_none() && number == 0));
            let stretches = year.chunk_by(|a, b| a.stretch == b.stretch).filter(|_| is_open);
            YearLinks {
                year: year[0].year.to_string(),
                count: count(year),
                here: of_page,
                page: page_of(folder, &year[0]),
                links: stretches.flat_map(|stretch| of_stretch(folder, stretch, is_here)).collect(),
            }
        })
        .collect()
}

fn of_stretch<T>(folder: &str, parts: &[Part<T>], is_here: impl Fn(&Part<T>) -> bool) -> Vec<PartLink> {
    let link = |part: &Part<T>, label: String, count: usize| PartLink {
        label,
        page: page_of(folder, part),
        count,
        here: is_here(part),
    };
    if parts.iter().any(&is_here) {
        parts.iter().map(|part| link(part, part.label(), part.values.len())).collect()
    } else {
        vec![link(&parts[0], parts[0].stretch.clone(), count(parts))]
    }
}

fn count<T>(parts: &[Part<T>]) -> usize {
    parts.iter().map(|part| part.values.len()).sum()
}

fn of_year<T>(year: i16, list: Vec<Dated<T>>, limit: usize) -> Vec<Part<T>> {
    if fits(&list, limit) {
        return vec![part(year, (format!("{year}"), "all".to_owned(), None, format!("{year}")), list)];
    }
    let quarters = grouped(list, |date| (date.month() + 2) / 3);
    quarters.into_iter().flat_map(|(quarter, list)| of_quarter(year, quarter, list, limit)).collect()
}

fn of_quarter<T>(year: i16, quarter: i8, list: Vec<Dated<T>>, limit: usize) -> Vec<Part<T>> {
    if fits(&list, limit) {
        let ordinal = ["1st", "2nd", "3rd", "4th"][usize::try_from(quarter - 1).unwrap_or(0).min(3)];
        let title = format!("{ordinal} quarter of {year}");
        let names = (title, format!("Q{quarter}"), None, format!("{year}-Q{quarter}"));
        return vec![part(year, names, list)];
    }
    grouped(list, Date::month).into_iter().flat_map(|(_, list)| of_month(year, list, limit)).collect()
}

fn of_month<T>(year: i16, list: Vec<Dated<T>>, limit: usize) -> Vec<Part<T>> {
    let Some(date) = list.first().map(|dated| dated.date) else { return Vec::new() };
    let (title, stretch) = (date.strftime("%B %Y").to_string(), date.strftime("%b").to_string());
    let slug = date.strftime("%Y-%m").to_string();
    if fits(&list, limit) {
        return vec![part(year, (title, stretch, None, slug), list)];
    }
    // From the oldest on: what is full stays as it is while the month goes on.
    let mut chunks: Vec<Vec<Dated<T>>> = Vec::new();
    let mut room = 0;
    for dated in list.into_iter().rev() {
        match chunks.last_mut() {
            Some(chunk) if dated.weight <= room => {
                room -= dated.weight;
                chunk.push(dated);
            }
            _ => {
                room = limit.saturating_sub(dated.weight);
                chunks.push(vec![dated]);
            }
        }
    }
    let numbered = chunks.into_iter().enumerate().rev();
    numbered
        .map(|(index, mut chunk)| {
            chunk.reverse();
            let number = index + 1;
            let names = (
                format!("{title}, part {number}"),
                stretch.clone(),
                Some(number),
                format!("{slug}-part-{number}"),
            );
            part(year, names, chunk)
        })
        .collect()
}

type PartNames = (String, String, Option<usize>, String);

fn part<T>(year: i16, (title, stretch, number, slug): PartNames, list: Vec<Dated<T>>) -> Part<T> {
    Part { year, title, stretch, number, slug, values: list.into_iter().map(|dated| dated.value).collect() }
}

fn fits<T>(list: &[Dated<T>], limit: usize) -> bool {
    list.iter().map(|dated| dated.weight).sum::<usize>() <= limit
}

/// Neighbours of the same key together.
fn grouped<T, K: PartialEq>(list: Vec<Dated<T>>, key: impl Fn(Date) -> K) -> Vec<(K, Vec<Dated<T>>)> {
    let mut groups: Vec<(K, Vec<Dated<T>>)> = Vec::new();
    for dated in list {
        let key = key(dated.date);
        match groups.last_mut() {
            Some((last, group)) if *last == key => group.push(dated),
            _ => groups.push((key, vec![dated])),
        }
    }
    groups
}

/// How many of each group are shown where there is room for `total`: as many of each as of any other, until a group
/// has no more.
pub(super) fn shares(counts: &[usize], total: usize) -> Vec<usize> {
    let mut shares = vec![0; counts.len()];
    let mut room = total;
    while room > 0 {
        let open: Vec<usize> = (0..counts.len()).filter(|index| shares[*index] < counts[*index]).collect();
        if open.is_empty() {
            break;
        }
        for index in open.into_iter().take(room) {
            shares[index] += 1;
            room -= 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(year: i16, month: i8, day: i8) -> Dated<i8> {
        Dated { date: Date::constant(year, month, day), weight: 1, value: day }
    }

    #[test]
    fn a_list_is_split_as_far_as_it_must_be() {
        let mut list = vec![dated(2022, 3, 1), dated(2022, 11, 2)];
        list.extend([dated(2023, 1, 3), dated(2023, 2, 4), dated(2023, 3, 5), dated(2023, 4, 6)]);
        list.extend([dated(2023, 7, 1), dated(2023, 8, 1), dated(2023, 8, 2), dated(2023, 9, 1)]);
        list.extend((11..18).map(|day| dated(2024, 5, day)));
        let found = parts(list, 3);
        let told: Vec<(&str, String, Vec<i8>)> =
            found.iter().map(|part| (part.slug.as_str(), part.label(), part.values.clone())).collect();
        let told: Vec<(&str, &str, Vec<i8>)> =
            told.iter().map(|(slug, label, values)| (*slug, label.as_str(), values.clone())).collect();
        assert_eq!(
            told,
            [
                ("2024-05-part-3", "May\u{a0}(3)", vec![17]),
                ("2024-05-part-2", "May\u{a0}(2)", vec![16, 15, 14]),
                ("2024-05-part-1", "May\u{a0}(1)", vec![13, 12, 11]),
                ("2023-09", "Sep", vec![1]),
                ("2023-08", "Aug", vec![2, 1]),
                ("2023-07", "Jul", vec![1]),
                ("2023-Q2", "Q2", vec![6]),
                ("2023-Q1", "Q1", vec![5, 4, 3]),
                ("2022", "all", vec![2, 1]),
            ]
        );
        let years = links("lists/x", &found, Some("2023-Q2"));
        assert_eq!(years.iter().map(|year| year.year.as_str()).collect::<Vec<_>>(), ["2024", "2023", "2022"]);
        let here: Vec<&PartLink> =
            years.iter().flat_map(|year| &year.links).filter(|link| link.here).collect();
        assert_eq!((here.len(), here[0].page.as_str(), here[0].count), (1, "lists/x/2023-Q2.html", 1));
        assert_eq!((years[0].page.as_str(), years[0].links.len()), ("lists/x/2024-05-part-3.html", 0));
        let labels = |here: Option<&str>| {
            let years = links("lists/x", &found, here);
            years.into_iter().flat_map(|year| year.links).map(|link| link.label).collect::<Vec<_>>()
        };
        assert_eq!(labels(None), ["May"], "the months of the newest year, the parts of none");
        assert_eq!(labels(Some("2024-05-part-2")), ["May\u{a0}(3)", "May\u{a0}(2)", "May\u{a0}(1)"]);
        assert_eq!(labels(Some("2022")), [""; 0]);
    }

    #[test]
    fn things_stand_on_numbered_pages() {
        let pages = |n: u8| {
            let things: Vec<u8> = (0..n).collect();
            let pages = in_pages("tags.html", &things, 2);
            let links = |links: &[NumberLink]| -> Vec<bool> { links.iter().map(|link| link.here).collect() };
            pages.iter().map(|p| (p.page.clone(), p.things.to_vec(), links(&p.links))).collect::<Vec<_>>()
        };
        let page =
            |name: &str, things: &[u8], here: &[bool]| (name.to_owned(), things.to_vec(), here.to_vec());
        assert_eq!(pages(0), [page("tags.html", &[], &[])]);
        assert_eq!(pages(2), [page("tags.html", &[0, 1], &[])]);
        let two = [page("tags.html", &[0, 1], &[true, false]), page("tags-2.html", &[2], &[false, true])];
        assert_eq!(pages(3), two);
    }

    #[test]
    fn room_is_shared_evenly() {
        assert_eq!(shares(&[1, 10, 10], 9), [1, 4, 4]);
        assert_eq!(shares(&[1, 2], 9), [1, 2]);
        assert_eq!(shares(&[], 9), [0; 0]);
        assert_eq!(shares(&[5, 5], 0), [0, 0]);
    }
}
