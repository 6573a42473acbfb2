//! Randomness: secrets are committed, then revealed.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount::time,
    key::{Number, Pair},
    words,
};
use ogpu_rules::{
    committee::{
        Beacon, Field, REPORTER_BPS,
        beacon::{self, Stage},
    },
    share,
};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, events::*, nodes::Cause, number, small, stored};

impl Committee {
    /// A beacon and what it is at. One that never opened has failed.
    pub fn beacon(&self, id: &U256) -> (Beacon, Stage) {
        let beacon = Beacon::unpack(self.beacons.get(Number(*id)));
        let stage = if beacon.exists() {
            beacon.stage(self.now(), self.least_secrets(beacon.version))
        } else {
            Stage::Failed
        };
        (beacon, stage)
    }

    /// The beacon that takes secrets; opens one if there is none.
    pub fn open_beacon(&mut self) -> u32 {
        let newest = number(&self.newest_beacon);
        if let (_, Stage::Commit(_)) = self.beacon(&small(newest)) {
            return newest;
        }
        let (version, now) = (self.version(), self.now());
        let window = self.params(version).seconds(Field::BeaconWindow);
        let nodes = number(&self.number_count);
        let (id, beacon) = (newest + 1, Beacon::open(version, nodes, now, window));
        self.newest_beacon.set(stored(id));
        self.beacons.insert(Number(small(id)), beacon.pack());
        self.emit::<BeaconOpened>(
            &[&small(id)],
            &[
                &small(nodes),
                &time(beacon.commit_end),
                &time(beacon.reveal_end),
            ],
        );
        id
    }

    /// Takes a commitment to a secret.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn take_secret(&mut self, id: &U256, commitment: B256) -> Result<(), Error> {
        let node = self.vm().msg_sender();
        let (mut beacon, stage) = self.beacon(id);
        if !beacon.exists() {
            return Err(Error::of::<BeaconFailed>(&[id]));
        }
        if !matches!(stage, Stage::Commit(_)) {
            return Err(Error::late(id, beacon.commit_end));
        }
        self.only_active(node, self.params(beacon.version).get(Field::MinBond))?;
        if commitment.is_zero() {
            return Err(nothing(id, node));
        }
        if !self.secret(id, node).is_zero() {
            return Err(Error::by_node::<AlreadyCommitted>(id, node));
        }
        beacon.commits = beacon
            .commits
            .checked_add(1)
            .ok_or_else(|| Error::of::<BeaconFull>(&[id]))?;
        self.put_secret(id, node, commitment);
        self.beacons.insert(Number(*id), beacon.pack());
        self.emit::<SecretCommitted>(&[id, &words::address(node)], &[]);
        Ok(())
    }

    /// Takes a secret.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn mix_secret(&mut self, id: &U256, secret: B256) -> Result<(), Error> {
        let node = self.vm().msg_sender();
        let (mut beacon, stage) = self.beacon(id);
        match stage {
            Stage::Commit(until) => return Err(Error::early(id, until)),
            Stage::Failed => return Err(Error::of::<BeaconFailed>(&[id])),
            Stage::Ready => return Err(Error::late(id, beacon.reveal_end)),
            Stage::Reveal(_) => {}
        }
        let committed = self.secret(id, node);
        if committed.is_zero() {
            return Err(nothing(id, node));
        }
        if beacon::commitment(&words::word(id), &node.into_word(), &secret) != committed {
            return Err(Error::by_node::<WrongReveal>(id, node));
        }
        self.put_secret(id, node, B256::ZERO);
        // Never above the commitments.
        beacon.reveals += 1;
        self.beacons.insert(Number(*id), beacon.pack());
        let mixed = self.mixes.get(Number(*id));
        self.mixes.insert(Number(*id), mixed ^ secret);
        let (node, secret) = (words::address(node), words::number(&secret));
        self.emit::<SecretRevealed>(&[id, &node], &[&secret]);
        Ok(())
    }

    /// Slashes who has withheld a secret.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn slash_withheld(&mut self, id: &U256, node: Address) -> Result<(), Error> {
        let beacon = self.beacon(id).0;
        let params = self.params(beacon.version);
        if !beacon.exists() || beacon.commits < self.least_secrets(beacon.version) {
            return Err(Error::of::<BeaconFailed>(&[id]));
        }
        if self.now() < beacon.reveal_end {
            return Err(Error::early(id, beacon.reveal_end));
        }
        if self.secret(id, node).is_zero() {
            return Err(nothing(id, node));
        }
        self.put_secret(id, node, B256::ZERO);
        let amount = params.slash(Field::SecretSlash);
        let taken = self.slash(node, id, Cause::WithheldSecret, amount);
        let reward = share(taken, REPORTER_BPS);
        self.credit(self.vm().msg_sender(), id, reward);
        self.credit(self.treasury.get(), id, taken - reward);
        Ok(())
    }

    fn least_secrets(&self, version: u16) -> u16 {
        self.params(version).get(Field::MinSecrets) as u16
    }

    fn secret(&self, id: &U256, node: Address) -> B256 {
        self.secrets.get(Pair::of(id, node))
    }

    fn put_secret(&mut self, id: &U256, node: Address, commitment: B256) {
        self.secrets.insert(Pair::of(id, node), commitment);
    }
}

fn nothing(id: &U256, node: Address) -> Error {
    Error::by_node::<NothingToReveal>(id, node)
}
