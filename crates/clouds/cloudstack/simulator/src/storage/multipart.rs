//! The file in a multipart form, in pieces as they come.

/// Finds the one file of a form.
pub struct Form {
    boundary: Vec<u8>,
    held: Vec<u8>,
    place: Place,
    file_name: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Before or in the headers of a part.
    Headers,
    File,
    After,
}

impl Form {
    /// For a form of this content type; None if it is no multipart form.
    pub fn of(content_type: &str) -> Option<Self> {
        let (kind, rest) = content_type.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let (_, boundary) = rest.split_once("boundary=")?;
        let boundary = boundary.split(';').next()?.trim().trim_matches('"');
        let boundary = format!("\r\n--{boundary}").into_bytes();
        // The first boundary of a form may stand at its very beginning.
        Some(Self { boundary, held: b"\r\n".to_vec(), place: Place::Headers, file_name: None })
    }

    /// The name of its file; None if it has none.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// Whether the file was there to its end.
    pub fn is_whole(&self) -> bool {
        self.place == Place::After
    }

    /// Takes the next bytes of the form, and gives `file` those of the file.
    pub fn take(&mut self, bytes: &[u8], mut file: impl FnMut(&[u8])) {
        self.held.extend_from_slice(bytes);
        if self.place == Place::Headers {
            self.read_headers();
        }
        match self.place {
            Place::Headers => {}
            Place::File => self.pass_on(&mut file),
            Place::After => self.held.clear(),
        }
    }

    /// The headers of the part that holds the file end with an empty line.
    fn read_headers(&mut self) {
        let Some(end) = find(&self.held, b"\r\n\r\n") else { return };
        let headers = String::from_utf8_lossy(&self.held[..end]).into_owned();
        self.held.drain(..end + 4);
        let name = headers.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next());
        self.file_name = name.map(str::to_owned);
        self.place = Place::File;
    }

    /// Passes on all but what may be the beginning of the boundary.
    fn pass_on(&mut self, file: &mut impl FnMut(&[u8])) {
        if let Some(end) = find(&self.held, &self.boundary) {
            file(&self.held[..end]);
            self.held.clear();
            self.place = Place::After;
            return;
        }
        let sure = self.held.len().saturating_sub(self.boundary.len());
        file(&self.held[..sure]);
        self.held.drain(..sure);
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        from += text[from..].iter().position(|byte| *byte == wanted[0])?;
        if text[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A boundary may come in two pieces, and a file may hold what begins like one.
    #[test]
    fn a_file_is_found_however_the_form_is_cut() {
        let content = b"a\r\n--b\r\r\n--\0z";
        let mut form = b"--bound\r\ncontent-disposition: form-data; name=\"f\"; \
                         filename=\"x.qcow2\"\r\n\r\n"
            .to_vec();
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n--bound--\r\n");
        for size in 1..form.len() {
            let mut read = Form::of("multipart/form-data; boundary=bound").unwrap();
            let mut file = Vec::new();
            for piece in form.chunks(size) {
                read.take(piece, |bytes| file.extend_from_slice(bytes));
            }
            assert_eq!(file, content, "in pieces of {size}");
            assert!(read.is_whole() && read.file_name() == Some("x.qcow2"));
        }
    }
}
