//! What refuses a call in a contract's source, and the same source without it.
//!
//! | guard | without it |
//! |---|---|
//! | `check(…)?;` | nothing |
//! | `check(…)?` as a value | `check(…).unwrap_or_default()` |
//! | `if c { … return Err(…); }`, `if c { Err(…) } else { … }` | `c` never holds |
//! | `if c { … } else { Err(…) }` | `c` always holds |
//! | `let Some(x) = value else { return Err(…) };` | `let x = (value).unwrap_or_default();` |

use eyre::{Result, WrapErr};
use std::ops::Range;
use syn::{Attribute, Block, Expr, ExprIf, Item, Pat, Stmt, spanned::Spanned, visit::Visit};

/// Something that refuses a call.
#[derive(Debug, PartialEq, Eq)]
pub struct Guard {
    /// The function it stands in.
    pub function: String,
    /// The line it begins in, from 1.
    pub line: usize,
    /// The guard, or the condition of it, in one line.
    pub text: String,
    /// The bytes of the source that are replaced …
    place: Range<usize>,
    /// … by this.
    replacement: String,
}

impl Guard {
    /// The source without the guard.
    pub fn removed_from(&self, source: &str) -> String {
        [
            &source[..self.place.start],
            &self.replacement,
            &source[self.place.end..],
        ]
        .concat()
    }
}

/// Every guard of a source file, in order, outside of tests.
pub fn guards_of(source: &str) -> Result<Vec<Guard>> {
    let file = syn::parse_file(source).wrap_err("cannot parse the file")?;
    let mut finder = Finder {
        source,
        function: String::new(),
        found: vec![],
    };
    finder.visit_file(&file);
    finder.found.sort_by_key(|guard| guard.place.start);
    Ok(finder.found)
}

struct Finder<'a> {
    source: &'a str,
    function: String,
    found: Vec<Guard>,
}

impl Finder<'_> {
    fn add(&mut self, shown: Range<usize>, place: Range<usize>, replacement: String) {
        let text: Vec<&str> = self.source[shown].split_whitespace().collect();
        self.found.push(Guard {
            function: self.function.clone(),
            line: self.source[..place.start].matches('\n').count() + 1,
            text: text.join(" "),
            place,
            replacement,
        });
    }

    fn text(&self, node: &impl Spanned) -> &str {
        &self.source[node.span().byte_range()]
    }

    /// The function with its name added, while `inside` visits it.
    fn within(&mut self, name: &syn::Ident, inside: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, name.to_string());
        inside(self);
        self.function = outer;
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(module) => &module.attrs,
            Item::Fn(function) => &function.attrs,
            Item::Impl(block) => &block.attrs,
            _ => &vec![],
        };
        if !attributes.iter().any(is_for_tests) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.within(&function.sig.ident, |finder| {
            syn::visit::visit_item_fn(finder, function);
        });
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.within(&function.sig.ident, |finder| {
            syn::visit::visit_impl_item_fn(finder, function);
        });
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        match statement {
            Stmt::Expr(Expr::Try(checked), Some(_)) => {
                let place = statement.span().byte_range();
                self.add(place.clone(), place, String::new());
                // what is handed to the check is checked on its own
                syn::visit::visit_expr(self, &checked.expr);
            }
            Stmt::Local(local) => {
                if let Some(init) = &local.init
                    && let Some((_, otherwise)) = &init.diverge
                    && refuses(otherwise)
                    && let Pat::TupleStruct(pattern) = &local.pat
                    && let [inner] = &pattern.elems.iter().collect::<Vec<_>>()[..]
                {
                    let place = statement.span().byte_range();
                    let shown = place.start..init.expr.span().byte_range().end;
                    let replacement = format!(
                        "let {} = ({}).unwrap_or_default();",
                        self.text(inner),
                        self.text(&init.expr)
                    );
                    self.add(shown, place, replacement);
                }
                syn::visit::visit_stmt(self, statement);
            }
            _ => syn::visit::visit_stmt(self, statement),
        }
    }

    fn visit_expr_try(&mut self, checked: &'ast syn::ExprTry) {
        let place = checked.span().byte_range();
        let replacement = format!("{}.unwrap_or_default()", self.text(&checked.expr));
        self.add(place.clone(), place, replacement);
        syn::visit::visit_expr_try(self, checked);
    }

    fn visit_expr_if(&mut self, choice: &'ast ExprIf) {
        let place = choice.cond.span().byte_range();
        let condition = self.text(&choice.cond);
        let otherwise = choice.else_branch.as_ref().map(|(_, branch)| branch);
        if block_refuses(&choice.then_branch) {
            // `let` cannot stand in parentheses, and a condition with it has no `||` outside of some
            let replacement = if has_let(&choice.cond) {
                format!("false && {condition}")
            } else {
                format!("false && ({condition})")
            };
            self.add(place.clone(), place, replacement);
        } else if otherwise.is_some_and(|branch| refuses(branch)) && !has_let(&choice.cond) {
            let replacement = format!("true || ({condition})");
            self.add(place.clone(), place, replacement);
        }
        syn::visit::visit_expr_if(self, choice);
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute
            .parse_args::<proc_macro2::TokenStream>()
            .is_ok_and(|condition| condition.to_string() == "test")
}

fn has_let(condition: &Expr) -> bool {
    match condition {
        Expr::Let(_) => true,
        Expr::Binary(pair) => has_let(&pair.left) || has_let(&pair.right),
        _ => false,
    }
}

/// `{ … Err(…) }`, `{ … return Err(…); }`
fn refuses(expression: &Expr) -> bool {
    match expression {
        Expr::Block(block) => block_refuses(&block.block),
        Expr::Return(returned) => returned.expr.as_ref().is_some_and(|value| is_error(value)),
        _ => is_error(expression),
    }
}

fn block_refuses(block: &Block) -> bool {
    block
        .stmts
        .last()
        .is_some_and(|last| matches!(last, Stmt::Expr(expression, _) if refuses(expression)))
}

fn is_error(expression: &Expr) -> bool {
    matches!(expression, Expr::Call(call)
        if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Err")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_each(source: &str) -> Vec<String> {
        guards_of(source)
            .unwrap()
            .iter()
            .map(|guard| guard.removed_from(source))
            .collect()
    }

    #[test]
    fn a_check_is_taken_out() {
        assert_eq!(
            without_each("fn f() -> R { only_owner(vm)?; g(nonzero(a)?); Ok(()) }"),
            [
                "fn f() -> R {  g(nonzero(a)?); Ok(()) }",
                "fn f() -> R { only_owner(vm)?; g(nonzero(a).unwrap_or_default()); Ok(()) }",
            ]
        );
    }

    #[test]
    fn a_condition_never_or_always_holds() {
        assert_eq!(
            without_each("fn f() -> R { if a || b { return Err(e); } Ok(()) }"),
            ["fn f() -> R { if false && (a || b) { return Err(e); } Ok(()) }"]
        );
        assert_eq!(
            without_each("fn f() -> R { if let Some(x) = y && z { Err(e) } else { Ok(()) } }"),
            ["fn f() -> R { if false && let Some(x) = y && z { Err(e) } else { Ok(()) } }"]
        );
        assert_eq!(
            without_each("fn f() -> R { if a { Ok(()) } else { Err(e) } }"),
            ["fn f() -> R { if true || (a) { Ok(()) } else { Err(e) } }"]
        );
        assert_eq!(
            without_each("fn f() -> R { if a { b() } else { c() } Ok(()) }"),
            [""; 0]
        );
    }

    #[test]
    fn what_is_missing_becomes_the_default() {
        assert_eq!(
            without_each("fn f() -> R { let Some(x) = y.z() else { return Err(e); }; Ok(x) }"),
            ["fn f() -> R { let x = (y.z()).unwrap_or_default(); Ok(x) }"]
        );
    }

    #[test]
    fn tests_are_left_alone() {
        assert_eq!(
            without_each("#[cfg(test)] mod tests { fn f() -> R { g()?; Ok(()) } }"),
            [""; 0]
        );
    }

    #[test]
    fn a_guard_says_where_it_stands() {
        let source = "impl A {\n    fn f() -> R {\n        only_owner(\n            vm,\n        )?;\n        Ok(())\n    }\n}\n";
        let guards = guards_of(source).unwrap();
        let seen: Vec<_> = guards
            .iter()
            .map(|guard| (&*guard.function, guard.line, &*guard.text))
            .collect();
        assert_eq!(seen, [("f", 3, "only_owner( vm, )?;")]);
    }
}
