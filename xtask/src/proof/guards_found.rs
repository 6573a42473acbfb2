//! What refuses a call in a contract's source, and the same source with a switch at each such guard that takes it out.
//!
//! | guard | without it |
//! |---|---|
//! | `check(…)?;` | nothing |
//! | `check(…)?` as a value | the value, or its type's default for an error |
//! | `if c { … return Err(…); }`, `if c { Err(…) } else { … }` | `c` never holds |
//! | `if c { … } else { Err(…) }` | `c` always holds |
//! | `let Some(x) = value else { return Err(…) };` | `x` is the value, or its type's default for none |

use eyre::{Result, WrapErr};
use std::{collections::BTreeMap, ops::Range};
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
    /// The bytes of the source that the switch stands around.
    place: Range<usize>,
    /// What it does there.
    switch: Switch,
}

/// What takes a guard out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Switch {
    /// A statement is not executed.
    Skip,
    /// An error or nothing becomes the default.
    Pass,
    /// A condition does not hold.
    Never,
    /// A condition with a `let`, which cannot stand in parentheses, does not hold.
    NeverLet,
    /// A condition holds.
    Always,
}

impl Switch {
    /// What stands before and after the place of the guard with this number.
    fn text(self, number: usize) -> (String, &'static str) {
        let off = format!("crate::{MODULE}::off({number})");
        match self {
            Self::Skip => (format!("if !{off} {{ "), " }"),
            Self::Pass => (format!("crate::{MODULE}::pass({number}, "), ")"),
            Self::Never => (format!("!{off} && ("), ")"),
            Self::NeverLet => (format!("!{off} && "), ""),
            Self::Always => (format!("{off} || ("), ")"),
        }
    }
}

/// The environment variable with the number of the guard that is taken out.
pub const OFF: &str = "OGPU_GUARD_OFF";

/// The module of [`SWITCHES`].
const MODULE: &str = "switched_guards";

/// What the switches call: a module for the root of each crate.
pub const SWITCHES: &str = r#"
pub mod switched_guards {
    extern crate std;

    pub fn off(number: usize) -> bool {
        static OFF: std::sync::OnceLock<Option<usize>> = std::sync::OnceLock::new();
        *OFF.get_or_init(|| std::env::var("OGPU_GUARD_OFF").ok()?.parse().ok()) == Some(number)
    }

    pub fn pass<G: Guarded>(number: usize, guarded: G) -> G {
        if off(number) { guarded.or_default() } else { guarded }
    }

    pub trait Guarded {
        fn or_default(self) -> Self;
    }

    impl<T: Default, E> Guarded for Result<T, E> {
        fn or_default(self) -> Self {
            Ok(self.unwrap_or_default())
        }
    }

    impl<T: Default> Guarded for Option<T> {
        fn or_default(self) -> Self {
            Some(self.unwrap_or_default())
        }
    }
}
"#;

/// The source with a switch at each of `guards`, which have these numbers; and where each then stands.
pub fn switched(source: &str, guards: &[(usize, &Guard)]) -> (String, Vec<(usize, Range<usize>)>) {
    // At the same place what ends comes before what begins, and what is inside stays inside.
    let mut edits = vec![];
    for (number, guard) in guards {
        let (before, after) = guard.switch.text(*number);
        let Range { start, end } = guard.place;
        edits.push(((start, 1, usize::MAX - end), *number, before));
        edits.push(((end, 0, usize::MAX - start), *number, after.to_owned()));
    }
    edits.sort_by_key(|(order, ..)| *order);
    let (mut text, mut done) = (String::new(), 0);
    let mut places: BTreeMap<usize, Range<usize>> = BTreeMap::new();
    for ((at, begins, _), number, insertion) in edits {
        text.push_str(&source[done..at]);
        done = at;
        if begins == 1 {
            places.insert(number, text.len()..usize::MAX);
        }
        text.push_str(&insertion);
        if begins == 0 {
            places
                .entry(number)
                .and_modify(|place| place.end = text.len());
        }
    }
    text.push_str(&source[done..]);
    (text, places.into_iter().collect())
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
    fn add(&mut self, shown: Range<usize>, place: Range<usize>, switch: Switch) {
        let shown_start = shown.start;
        let text: Vec<&str> = self.source[shown].split_whitespace().collect();
        self.found.push(Guard {
            function: self.function.clone(),
            line: self.source[..shown_start].matches('\n').count() + 1,
            text: text.join(" "),
            place,
            switch,
        });
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
                self.add(place.clone(), place, Switch::Skip);
                // what is handed to the check is checked on its own
                syn::visit::visit_expr(self, &checked.expr);
            }
            Stmt::Local(local) => {
                if let Some(init) = &local.init
                    && let Some((_, otherwise)) = &init.diverge
                    && refuses(otherwise)
                    && matches!(local.pat, Pat::TupleStruct(_))
                {
                    let place = init.expr.span().byte_range();
                    let shown = statement.span().byte_range().start..place.end;
                    self.add(shown, place, Switch::Pass);
                }
                syn::visit::visit_stmt(self, statement);
            }
            _ => syn::visit::visit_stmt(self, statement),
        }
    }

    fn visit_expr_try(&mut self, checked: &'ast syn::ExprTry) {
        let place = checked.expr.span().byte_range();
        self.add(checked.span().byte_range(), place, Switch::Pass);
        syn::visit::visit_expr_try(self, checked);
    }

    fn visit_expr_if(&mut self, choice: &'ast ExprIf) {
        let place = choice.cond.span().byte_range();
        let otherwise = choice.else_branch.as_ref().map(|(_, branch)| branch);
        let switch = match has_let(&choice.cond) {
            with_let if block_refuses(&choice.then_branch) => Some(if with_let {
                // a condition with `let` has no `||` outside of parentheses
                Switch::NeverLet
            } else {
                Switch::Never
            }),
            false if otherwise.is_some_and(|branch| refuses(branch)) => Some(Switch::Always),
            _ => None,
        };
        if let Some(switch) = switch {
            self.add(place.clone(), place, switch);
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

    /// The source with every switch, numbered from 0.
    fn switched_all(source: &str) -> String {
        let guards = guards_of(source).unwrap();
        let numbered: Vec<_> = guards.iter().enumerate().collect();
        let (text, places) = switched(source, &numbered);
        for (number, place) in places {
            let (before, after) = guards[number].switch.text(number);
            assert!(text[place.clone()].starts_with(&before) && text[place].ends_with(after));
        }
        text.replace("crate::switched_guards::", "")
    }

    #[test]
    fn a_check_is_skipped_or_passed() {
        assert_eq!(
            switched_all("fn f() -> R { only_owner(vm)?; g(nonzero(a)?); Ok(()) }"),
            "fn f() -> R { if !off(0) { only_owner(vm)?; } g(pass(1, nonzero(a))?); Ok(()) }",
        );
        assert_eq!(
            switched_all("fn f() -> R { a(b()?).c()?; d()?.e()? }"),
            "fn f() -> R { if !off(0) { a(pass(1, b())?).c()?; } pass(2, pass(3, d())?.e())? }",
        );
    }

    #[test]
    fn a_condition_never_or_always_holds() {
        assert_eq!(
            switched_all("fn f() -> R { if a || b { return Err(e); } Ok(()) }"),
            "fn f() -> R { if !off(0) && (a || b) { return Err(e); } Ok(()) }"
        );
        assert_eq!(
            switched_all("fn f() -> R { if let Some(x) = y && z { Err(e) } else { Ok(()) } }"),
            "fn f() -> R { if !off(0) && let Some(x) = y && z { Err(e) } else { Ok(()) } }"
        );
        assert_eq!(
            switched_all("fn f() -> R { if a { Ok(()) } else { Err(e) } }"),
            "fn f() -> R { if off(0) || (a) { Ok(()) } else { Err(e) } }"
        );
        let none = "fn f() -> R { if a { b() } else { c() } Ok(()) }";
        assert_eq!(switched_all(none), none);
    }

    #[test]
    fn what_is_missing_becomes_the_default() {
        assert_eq!(
            switched_all("fn f() -> R { let Some(x) = y.z() else { return Err(e); }; Ok(x) }"),
            "fn f() -> R { let Some(x) = pass(0, y.z()) else { return Err(e); }; Ok(x) }"
        );
    }

    #[test]
    fn the_switches_know_the_variable_and_their_module() {
        assert!(SWITCHES.contains(&format!("var({OFF:?})")));
        assert!(SWITCHES.contains(&format!("pub mod {MODULE} ")));
    }

    #[test]
    fn tests_are_left_alone() {
        let tests = "#[cfg(test)] mod tests { fn f() -> R { g()?; Ok(()) } }";
        assert_eq!(switched_all(tests), tests);
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
