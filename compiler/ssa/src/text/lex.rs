//! Tokens of the text form.

/// A token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Token {
    /// Letters, digits and `_ . + -`.
    Word(String),
    /// A quoted text, unescaped.
    Text(String),
    /// Any other character; `>` stands for `->`.
    Mark(char),
}

/// Splits a text into tokens, each with its line from 1.
pub(super) fn lex(source: &str) -> Result<Vec<(Token, u32)>, (u32, String)> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        let token = match c {
            '\n' => {
                line += 1;
                continue;
            }
            ';' => {
                while chars.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            _ if c.is_whitespace() => continue,
            '"' => Token::Text(quoted(&mut chars).map_err(|message| (line, message))?),
            '-' if chars.next_if_eq(&'>').is_some() => Token::Mark('>'),
            _ if is_word(c) => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| is_word(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            _ => Token::Mark(c),
        };
        tokens.push((token, line));
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '+' | '-')
}

/// The rest of a text that Rust's `{:?}` wrote, after the opening quote.
fn quoted(chars: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let mut text = String::new();
    loop {
        match chars.next().ok_or("unterminated text")? {
            '"' => return Ok(text),
            '\\' => text.push(escape(chars)?),
            c => text.push(c),
        }
    }
}

fn escape(chars: &mut impl Iterator<Item = char>) -> Result<char, String> {
    Ok(match chars.next().ok_or("unterminated text")? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        'u' => {
            let digits: String =
                chars.skip_while(|c| *c == '{').take_while(|c| *c != '}').collect();
            let code = u32::from_str_radix(&digits, 16).map_err(|e| e.to_string())?;
            char::from_u32(code).ok_or("not a scalar value")?
        }
        c => c,
    })
}
