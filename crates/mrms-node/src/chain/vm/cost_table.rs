//! The cost of each Clarity operation, as the contract `costs-3` that the VM evaluates.
//!
//! The VM computes a cost by calling a function of `costs-3` (SIP-006). The figures are those that the Stacks
//! network has used since epoch 2.1. This module generates the contract's source from them: each function
//! returns one tuple and calls no other function, which the VM evaluates faster.

use std::fmt::Write as _;

use Curve::{Fixed, Linear, LogN, NLogN};

/// How a cost grows with the size `n` of the operation's input.
#[derive(Clone, Copy)]
enum Curve {
    /// It does not grow.
    Fixed(u64),
    /// `a·n + b`.
    Linear(u64, u64),
    /// `a·log2(n) + b`.
    LogN(u64, u64),
    /// `a·n·log2(n) + b`.
    NLogN(u64, u64),
}

impl Curve {
    fn clarity(self) -> String {
        match self {
            Fixed(number) => format!("u{number}"),
            Linear(a, b) => format!("(+ (* u{a} n) u{b})"),
            LogN(a, b) => format!("(+ (* u{a} (log2 n)) u{b})"),
            NLogN(a, b) => format!("(+ (* u{a} (* n (log2 n))) u{b})"),
        }
    }
}

/// Generates the source of the contract `costs-3`. Each of its functions adds `step` to the write count: zero on the chain.
pub(super) fn source(step: u64) -> String {
    let mut text = String::new();
    let mut define = |name: &str, runtime: Curve, storage: Storage| {
        // Writing to a `String` never fails.
        let _ = writeln!(
            text,
            "(define-read-only ({name} (n uint)) {{runtime: {}, write_length: {}, write_count: u{}, \
             read_count: u{}, read_length: {}}})",
            runtime.clarity(),
            storage.write_length.clarity(),
            storage.write_count + step,
            storage.read_count,
            storage.read_length.clarity(),
        );
    };
    for (name, runtime) in COMPUTING {
        define(&format!("cost_{name}"), *runtime, NO_STORAGE);
    }
    for (name, runtime, storage) in STORING {
        define(&format!("cost_{name}"), *runtime, *storage);
    }
    define("poison_microblock", Fixed(17_485), WRITE_ONE);
    text
}

#[derive(Clone, Copy)]
struct Storage {
    write_length: Curve,
    write_count: u64,
    read_count: u64,
    read_length: Curve,
}

const fn storage(
    write_length: Curve,
    write_count: u64,
    read_count: u64,
    read_length: Curve,
) -> Storage {
    Storage { write_length, write_count, read_count, read_length }
}

/// The size of the input in bytes, plus one.
const ITS_SIZE: Curve = Linear(1, 1);
const NO_STORAGE: Storage = storage(Fixed(0), 0, 0, Fixed(0));
const READ_ONE: Storage = storage(Fixed(0), 0, 1, Fixed(1));
const READ_ITS_SIZE: Storage = storage(Fixed(0), 0, 1, ITS_SIZE);
const WRITE_ONE: Storage = storage(Fixed(1), 1, 1, Fixed(1));
const WRITE_TOKENS: Storage = storage(Fixed(1), 2, 2, Fixed(1));
const DEFINE_ITS_SIZE: Storage = storage(ITS_SIZE, 1, 0, Fixed(0));

/// Operations that only compute.
const COMPUTING: &[(&str, Curve)] = &[
    ("analysis_type_annotate", Linear(1, 9)),
    ("analysis_type_check", Linear(113, 1)),
    ("analysis_type_lookup", Linear(1, 4)),
    ("analysis_visit", Fixed(1)),
    ("analysis_iterable_func", Linear(2, 14)),
    ("analysis_option_cons", Fixed(5)),
    ("analysis_option_check", Fixed(4)),
    ("analysis_bind_name", Linear(1, 59)),
    ("analysis_list_items_check", Linear(2, 4)),
    ("analysis_check_tuple_get", LogN(1, 2)),
    ("analysis_check_tuple_merge", NLogN(45, 49)),
    ("analysis_check_tuple_cons", NLogN(3, 5)),
    ("analysis_tuple_items_check", Linear(1, 28)),
    ("analysis_check_let", Linear(1, 10)),
    ("analysis_lookup_function", Fixed(18)),
    ("analysis_lookup_function_types", Linear(1, 26)),
    ("analysis_lookup_variable_const", Fixed(15)),
    ("analysis_lookup_variable_depth", NLogN(1, 12)),
    ("ast_parse", Linear(27, 81)),
    ("ast_cycle_detection", Linear(141, 72)),
    ("lookup_variable_depth", Linear(1, 1)),
    ("lookup_variable_size", Linear(2, 1)),
    ("lookup_function", Fixed(16)),
    ("bind_name", Fixed(216)),
    ("inner_type_check_cost", Linear(2, 5)),
    ("user_function_application", Linear(26, 5)),
    ("let", Linear(117, 178)),
    ("if", Fixed(168)),
    ("asserts", Fixed(128)),
    ("map", Linear(1_198, 3_067)),
    ("filter", Fixed(407)),
    ("len", Fixed(429)),
    ("element_at", Fixed(498)),
    ("index_of", Linear(1, 211)),
    ("fold", Fixed(460)),
    ("list_cons", Linear(14, 164)),
    ("type_parse_step", Fixed(4)),
    ("tuple_get", NLogN(4, 1_736)),
    ("tuple_merge", Linear(4, 408)),
    ("tuple_cons", NLogN(10, 1_876)),
    ("add", Linear(11, 125)),
    ("sub", Linear(11, 125)),
    ("mul", Linear(13, 125)),
    ("div", Linear(13, 125)),
    ("geq", Linear(7, 128)),
    ("leq", Linear(7, 128)),
    ("le", Linear(7, 128)),
    ("ge", Linear(7, 128)),
    ("int_cast", Fixed(135)),
    ("mod", Fixed(141)),
    ("pow", Fixed(143)),
    ("sqrti", Fixed(142)),
    ("log2", Fixed(133)),
    ("xor", Linear(15, 129)),
    ("not", Fixed(138)),
    ("eq", Linear(7, 151)),
    ("begin", Fixed(151)),
    ("hash160", Linear(1, 188)),
    ("sha256", Linear(1, 100)),
    ("sha512", Linear(1, 176)),
    ("sha512t256", Linear(1, 56)),
    ("keccak256", Linear(1, 127)),
    ("secp256k1recover", Fixed(8_655)),
    ("secp256k1verify", Fixed(8_349)),
    ("print", Linear(15, 1_458)),
    ("some_cons", Fixed(199)),
    ("ok_cons", Fixed(199)),
    ("err_cons", Fixed(199)),
    ("default_to", Fixed(268)),
    ("unwrap_ret", Fixed(274)),
    ("unwrap_err_or_ret", Fixed(302)),
    ("is_okay", Fixed(258)),
    ("is_none", Fixed(214)),
    ("is_err", Fixed(245)),
    ("is_some", Fixed(195)),
    ("unwrap", Fixed(252)),
    ("unwrap_err", Fixed(248)),
    ("try_ret", Fixed(240)),
    ("match", Fixed(264)),
    ("or", Linear(3, 120)),
    ("and", Linear(3, 120)),
    ("append", Linear(73, 285)),
    ("concat", Linear(37, 220)),
    ("as_max_len", Fixed(475)),
    ("contract_call", Fixed(134)),
    ("contract_of", Fixed(13_400)),
    ("principal_of", Fixed(984)),
    ("buff_to_int_le", Fixed(141)),
    ("buff_to_uint_le", Fixed(141)),
    ("buff_to_int_be", Fixed(141)),
    ("buff_to_uint_be", Fixed(141)),
    ("is_standard", Fixed(127)),
    ("principal_destruct", Fixed(314)),
    ("principal_construct", Fixed(398)),
    ("string_to_int", Fixed(168)),
    ("string_to_uint", Fixed(168)),
    ("int_to_ascii", Fixed(147)),
    ("int_to_utf8", Fixed(181)),
    ("slice", Fixed(448)),
    ("to_consensus_buff", Linear(1, 233)),
    ("from_consensus_buff", NLogN(3, 185)),
    ("replace_at", Linear(1, 561)),
    ("as_contract", Fixed(138)),
    ("bitwise_and", Linear(15, 129)),
    ("bitwise_or", Linear(15, 129)),
    ("bitwise_not", Fixed(147)),
    ("bitwise_left_shift", Fixed(167)),
    ("bitwise_right_shift", Fixed(167)),
];

/// Operations that read or write.
const STORING: &[(&str, Curve, Storage)] = &[
    ("analysis_storage", Linear(2, 94), storage(ITS_SIZE, 1, 1, Fixed(1))),
    ("analysis_use_trait_entry", Linear(9, 698), storage(ITS_SIZE, 0, 1, ITS_SIZE)),
    ("analysis_fetch_contract_entry", Linear(1, 1_516), READ_ITS_SIZE),
    ("analysis_get_function_entry", Linear(78, 1_307), READ_ITS_SIZE),
    ("at_block", Fixed(1_327), READ_ONE),
    ("load_contract", Linear(1, 80), storage(Fixed(0), 0, 3, ITS_SIZE)),
    ("create_map", Linear(1, 1_564), DEFINE_ITS_SIZE),
    ("create_var", Linear(7, 2_025), storage(ITS_SIZE, 2, 0, Fixed(0))),
    ("create_nft", Linear(1, 1_570), DEFINE_ITS_SIZE),
    ("create_ft", Fixed(1_831), storage(Fixed(1), 2, 0, Fixed(0))),
    ("fetch_entry", Linear(1, 1_025), READ_ITS_SIZE),
    ("set_entry", Linear(4, 1_899), storage(ITS_SIZE, 1, 1, Fixed(0))),
    ("fetch_var", Linear(1, 468), READ_ITS_SIZE),
    ("set_var", Linear(5, 655), storage(ITS_SIZE, 1, 1, Fixed(0))),
    ("contract_storage", Linear(11, 7_165), DEFINE_ITS_SIZE),
    ("block_info", Fixed(6_321), READ_ONE),
    ("stx_balance", Fixed(4_294), READ_ONE),
    ("stx_transfer", Fixed(4_640), WRITE_ONE),
    ("ft_mint", Fixed(1_479), WRITE_TOKENS),
    ("ft_transfer", Fixed(549), WRITE_TOKENS),
    ("ft_balance", Fixed(479), READ_ONE),
    ("nft_mint", Linear(9, 575), WRITE_ONE),
    ("nft_transfer", Linear(9, 572), WRITE_ONE),
    ("nft_owner", Linear(9, 795), READ_ONE),
    ("ft_get_supply", Fixed(420), READ_ONE),
    ("ft_burn", Fixed(549), WRITE_TOKENS),
    ("nft_burn", Linear(9, 572), WRITE_ONE),
    ("burn_block_info", Fixed(96_479), READ_ONE),
    ("stx_account", Fixed(4_654), READ_ONE),
    ("stx_transfer_memo", Fixed(4_709), WRITE_ONE),
];

#[cfg(test)]
mod tests {
    use clarity::vm::costs::cost_functions::ClarityCostFunction;

    #[test]
    fn every_operation_of_the_vm_has_a_cost() {
        let source = super::source(0);
        for function in ClarityCostFunction::ALL {
            if *function != ClarityCostFunction::Unimplemented {
                let head = format!("(define-read-only ({} (n uint))", function.get_name());
                assert_eq!(source.matches(&head).count(), 1, "{head}");
            }
        }
    }
}
