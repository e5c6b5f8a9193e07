//! What contracts can ask about blocks and about Bitcoin, answered for the block under construction.
//!
//! This ledger has no Bitcoin and no sortition. Burn header hashes and VRF seeds are derived from heights and
//! block hashes, so that contracts that read them run. They are not random: anyone can predict them.

use clarity::vm::ast::ASTRules;
use clarity::vm::costs::ExecutionCost;
use clarity::vm::database::clarity_db::StacksEpoch;
use clarity::vm::database::{BurnStateDB, ClarityDatabase, HeadersDB};
use clarity::vm::types::TupleData;
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use stacks_common::types::StacksEpochId;
use stacks_common::types::chainstate::{
    BlockHeaderHash, BurnchainHeaderHash, ConsensusHash, SortitionId, StacksAddress, StacksBlockId,
    VRFSeed,
};
use stacks_common::util::hash::Hash160;

use super::{EPOCH, State};
use crate::chain::header::Header;
use crate::chain::identifiers::TESTNET_SINGLE_SIG;
use crate::chain::units::BurnHeight;

const BURN_HEADER_TAG: &[u8] = b"mrms ledger burn block v1\0";
const SEED_TAG: &[u8] = b"mrms ledger seed v1\0";

/// Cost limits of a block on the network (SIP-006, epoch 2.5). One transaction may use all of it.
pub(super) const BLOCK_LIMIT: ExecutionCost = ExecutionCost {
    write_length: 15_000_000,
    write_count: 15_000,
    read_length: 100_000_000,
    read_count: 15_000,
    runtime: 5_000_000_000,
};

/// What contracts see of the block under construction and of the blocks below it.
pub(crate) struct View<'c> {
    connection: &'c Connection,
    /// Value of `burn-block-height`.
    burn_height: BurnHeight,
    /// HASH160 of the node's public key; its account receives the fees.
    node: [u8; 20],
}

impl<'c> View<'c> {
    pub(crate) fn new(connection: &'c Connection, burn_height: BurnHeight, node: [u8; 20]) -> Self {
        Self { connection, burn_height, node }
    }

    /// The VM's database over `state`.
    pub(super) fn database<'a>(&'a self, state: &'a mut State<'_>) -> ClarityDatabase<'a> {
        ClarityDatabase::new(state, self, self)
    }

    pub(super) fn node_account(&self) -> clarity::vm::types::PrincipalData {
        clarity::vm::types::StandardPrincipalData(TESTNET_SINGLE_SIG, self.node).into()
    }

    fn block_time(&self, block: &StacksBlockId) -> Option<u64> {
        // A failed read returns none, and then the VM stops the transaction.
        let mut statement =
            self.connection.prepare_cached("SELECT header FROM blocks WHERE hash = ?1").ok()?;
        let bytes: Option<Vec<u8>> =
            statement.query_row([&block.0[..]], |row| row.get(0)).optional().ok()?;
        let header = Header::decode(&bytes?).ok()?;
        (*header.hash().as_bytes() == block.0).then_some(header.time.get())
    }
}

fn tagged(tag: &[u8], bytes: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(tag).chain_update(bytes).finalize().into()
}

impl HeadersDB for View<'_> {
    fn get_stacks_block_header_hash_for_block(
        &self,
        block: &StacksBlockId,
    ) -> Option<BlockHeaderHash> {
        Some(BlockHeaderHash(block.0))
    }

    fn get_burn_header_hash_for_block(&self, block: &StacksBlockId) -> Option<BurnchainHeaderHash> {
        Some(BurnchainHeaderHash(tagged(BURN_HEADER_TAG, &block.0)))
    }

    fn get_consensus_hash_for_block(&self, block: &StacksBlockId) -> Option<ConsensusHash> {
        block.0.first_chunk::<20>().copied().map(ConsensusHash)
    }

    fn get_vrf_seed_for_block(&self, block: &StacksBlockId) -> Option<VRFSeed> {
        Some(VRFSeed(tagged(SEED_TAG, &block.0)))
    }

    fn get_burn_block_time_for_block(&self, block: &StacksBlockId) -> Option<u64> {
        self.block_time(block)
    }

    /// The VM calls this only for the parent, and uses the result as `burn-block-height`. On this ledger that
    /// is the burn height of the block under construction.
    fn get_burn_block_height_for_block(&self, _: &StacksBlockId) -> Option<u32> {
        Some(self.burn_height.get())
    }

    fn get_miner_address(&self, _: &StacksBlockId) -> Option<StacksAddress> {
        Some(StacksAddress { version: TESTNET_SINGLE_SIG, bytes: Hash160(self.node) })
    }

    fn get_burnchain_tokens_spent_for_block(&self, _: &StacksBlockId) -> Option<u128> {
        Some(0)
    }

    fn get_burnchain_tokens_spent_for_winning_block(&self, _: &StacksBlockId) -> Option<u128> {
        Some(0)
    }

    fn get_tokens_earned_for_block(&self, _: &StacksBlockId) -> Option<u128> {
        Some(0)
    }
}

impl BurnStateDB for View<'_> {
    fn get_v1_unlock_height(&self) -> u32 {
        u32::MAX
    }

    fn get_v2_unlock_height(&self) -> u32 {
        u32::MAX
    }

    fn get_v3_unlock_height(&self) -> u32 {
        u32::MAX
    }

    fn get_pox_3_activation_height(&self) -> u32 {
        u32::MAX
    }

    fn get_pox_4_activation_height(&self) -> u32 {
        u32::MAX
    }

    fn get_burn_block_height(&self, _: &SortitionId) -> Option<u32> {
        Some(self.burn_height.get())
    }

    /// The VM uses this as `burn-block-height` in block 0.
    fn get_burn_start_height(&self) -> u32 {
        self.burn_height.get()
    }

    fn get_pox_prepare_length(&self) -> u32 {
        100
    }

    fn get_pox_reward_cycle_length(&self) -> u32 {
        2_100
    }

    fn get_pox_rejection_fraction(&self) -> u64 {
        25
    }

    fn get_burn_header_hash(&self, height: u32, _: &SortitionId) -> Option<BurnchainHeaderHash> {
        (height < self.burn_height.get())
            .then(|| BurnchainHeaderHash(tagged(BURN_HEADER_TAG, &height.to_be_bytes())))
    }

    fn get_sortition_id_from_consensus_hash(&self, _: &ConsensusHash) -> Option<SortitionId> {
        Some(SortitionId([0; 32]))
    }

    fn get_stacks_epoch(&self, _: u32) -> Option<StacksEpoch> {
        Some(StacksEpoch {
            epoch_id: EPOCH,
            start_height: 0,
            end_height: u64::MAX,
            block_limit: BLOCK_LIMIT,
            network_epoch: 0x0a,
        })
    }

    fn get_stacks_epoch_by_epoch_id(&self, epoch: &StacksEpochId) -> Option<StacksEpoch> {
        if *epoch == EPOCH { self.get_stacks_epoch(0) } else { None }
    }

    fn get_ast_rules(&self, _: u32) -> ASTRules {
        ASTRules::PrecheckSize
    }

    fn get_pox_payout_addrs(&self, _: u32, _: &SortitionId) -> Option<(Vec<TupleData>, u128)> {
        None
    }
}
