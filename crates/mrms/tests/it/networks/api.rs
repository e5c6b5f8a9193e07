//! What the hosted API answers to, in version 1 and version 3, made from what a node of this workspace answers.

use std::sync::Arc;

use serde_json::{Value, json};

use super::shapes;
use super::software::{Answer, Request, Shared, Software, told};

/// Where a transaction stands: its block, and its place within that.
fn place(row: &Value) -> (Option<u64>, Option<u64>) {
    (row["block_height"].as_u64(), row["tx_index"].as_u64())
}

impl Request<'_> {
    pub(super) fn of_api(&self, shared: &Shared) -> Answer {
        let (path, query) = self.path.split_once('?').unwrap_or((self.path, ""));
        let newer = shared.software == Software::Api9;
        let gone = shared.script.lock().unwrap().gone;
        let is_history = path != "/extended" && !path.starts_with("/extended/v2/blocks/");
        if let Some((status, body)) = gone.filter(|_| is_history) {
            return (status, body.as_bytes().to_vec());
        }
        let no_route = || {
            let message = format!("Route GET:{path} not found");
            (404, json!({"message": message, "error": "Not Found", "statusCode": 404}))
        };
        let is_newer = path.starts_with("/extended/v3/") || path.contains("/smart-contracts/");
        if is_newer && !newer {
            let (status, body) = no_route();
            return (status, body.to_string().into_bytes());
        }
        if path.ends_with("/transactions") && path != "/extended/v3/transactions" {
            let mut script = shared.script.lock().unwrap();
            match script.pages_left {
                Some(0) => {
                    return (400, br#"{"error":"Bad Request","message":"no more"}"#.to_vec());
                }
                left => script.pages_left = left.map(|left| left - 1),
            }
        }
        if let Some(ids) = query.strip_prefix("tx_id=").filter(|_| path.ends_with("/multiple")) {
            let row = |id: &str| match self.older(shared, id) {
                Some(found) => (id.to_owned(), json!({"found": true, "result": found})),
                None => (id.to_owned(), json!({"found": false, "result": {"tx_id": id}})),
            };
            return told(&ids.split(',').map(row).collect());
        }
        let is_older = path.starts_with("/extended/v1/tx/")
            || path.starts_with("/extended/v1/address/")
            || path.ends_with("/events");
        if newer && is_older {
            return (410, br#"{"error":"Gone","message":"it was switched off"}"#.to_vec());
        }
        if newer && is_newer {
            let found = self.of_version_3(shared, path, query);
            let missing = json!({"error": "Not Found", "message": "Transaction not found"});
            return found.map_or_else(|| (404, missing.to_string().into()), |found| told(&found));
        }
        let txid = path.strip_prefix("/extended/v1/tx/").filter(|rest| !rest.contains('/'));
        if let Some(found) = txid.and_then(|txid| self.older(shared, txid)) {
            return told(&found);
        }
        if let Some(rest) = path.strip_prefix("/extended/v1/address/")
            && let Some(principal) = rest.strip_suffix("/transactions")
        {
            let all = self.all_of(shared, principal);
            let number = |name: &str| -> usize {
                let text = query.split('&').find_map(|pair| pair.strip_prefix(name));
                text.unwrap().parse().unwrap()
            };
            let (limit, offset) = (number("limit="), number("offset="));
            let mut rows: Vec<_> = all.iter().skip(offset).take(limit).collect();
            if shared.script.lock().unwrap().pages_are_reversed {
                rows.reverse();
            }
            return told(
                &json!({"limit": limit, "offset": offset, "total": all.len(), "results": rows}),
            );
        }
        let (status, body) = self.forward(&self.view.url, self.path);
        if status != 200 {
            return (status, body);
        }
        let mut found: Value = serde_json::from_slice(&body).unwrap();
        self.lower(shared, &mut found);
        if path.starts_with("/extended/v2/blocks/") {
            let height = found["height"].as_u64().unwrap() as u32;
            // A block of another branch has an id of its own.
            if height <= self.view.height {
                let block = shared.chain.block(height).unwrap();
                found["index_block_hash"] = json!(format!("0x{}", hex::encode(block.id)));
            }
        }
        if path.ends_with("/events") {
            // The hosted API tells of no blocks here, and has no cursor.
            found.as_object_mut().unwrap().remove("next_cursor");
            for row in found["results"].as_array_mut().unwrap() {
                for name in ["block_height", "burn_block_height", "block_time"] {
                    row.as_object_mut().unwrap().remove(name);
                }
            }
        }
        told(&found)
    }

    /// A transaction in the shape of version 1.
    fn older(&self, shared: &Shared, txid: &str) -> Option<Value> {
        let number = usize::from_str_radix(txid.trim_start_matches("0x"), 16).ok();
        if let Some(stranger) =
            number.and_then(|number| self.stranger(shared, number.checked_sub(1)?))
        {
            return Some(stranger);
        }
        let mut found = self.asked(shared, &format!("/extended/v1/tx/{txid}"))?;
        self.lower(shared, &mut found);
        Some(found)
    }

    fn lower(&self, shared: &Shared, found: &mut Value) {
        let behind = shared.script.lock().unwrap().behind;
        if let Some(height) = found["burn_block_height"].as_u64() {
            found["burn_block_height"] = json!(height - behind);
        }
    }

    fn stranger(&self, shared: &Shared, number: usize) -> Option<Value> {
        let script = shared.script.lock().unwrap();
        if number >= script.strangers {
            return None;
        }
        let height = script.block_of_stranger(number);
        let burn_height = shared.chain.block(height).map_or(0, |block| block.burn_height);
        let contract = "ST000000000000000000002AMW42H.x";
        Some(shapes::stranger(number, contract, height, burn_height))
    }

    /// All transactions of an account or a contract, newest first.
    fn all_of(&self, shared: &Shared, principal: &str) -> Arc<Vec<Value>> {
        let strangers = shared.script.lock().unwrap().strangers;
        let newest = hex::encode(shared.chain.block(shared.chain.tip()).unwrap().id);
        let of = format!("{principal} {newest} {strangers} {}", self.view.url);
        if let Some((_, listed)) =
            shared.script.lock().unwrap().listed.as_ref().filter(|(listed, _)| *listed == of)
        {
            return Arc::clone(listed);
        }
        let mut all = Vec::new();
        loop {
            let offset = all.len();
            let path =
                format!("/extended/v1/address/{principal}/transactions?limit=50&offset={offset}");
            let page = self.asked(shared, &path).unwrap();
            let rows = page["results"].as_array().unwrap();
            for row in rows {
                let mut row = row.clone();
                self.lower(shared, &mut row);
                all.push(row);
            }
            if rows.len() < 50 {
                break;
            }
        }
        if principal.contains('.') {
            all.extend((0..strangers).filter_map(|number| self.stranger(shared, number)));
        }
        if shared.script.lock().unwrap().has_unknown_status {
            all.push(shapes::of_unknown_status(shared.chain.tip()));
        }
        all.sort_by_key(|row| std::cmp::Reverse(place(row)));
        let all = Arc::new(all);
        shared.script.lock().unwrap().listed = Some((of, Arc::clone(&all)));
        all
    }

    fn of_version_3(&self, shared: &Shared, path: &str, query: &str) -> Option<Value> {
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name));
        if path == "/extended/v3/transactions" {
            return Some(json!({"total": 0, "limit": 1, "cursor": {"next": null}, "results": []}));
        }
        if let Some(txid) = path.strip_prefix("/extended/v3/transactions/") {
            let older = self.older(shared, txid)?;
            return Some(shapes::transaction(&older, value("include=").unwrap_or_default()));
        }
        if let Some(rest) = path.strip_prefix("/extended/v3/principals/") {
            let (principal, what) = rest.split_once('/').unwrap();
            if what == "nonces" {
                let path = format!("/extended/v1/address/{principal}/nonces");
                return self.asked(shared, &path).as_ref().map(shapes::nonces);
            }
            let all = self.all_of(shared, principal);
            // A cursor names a row's place: block, microblock and transaction. The page has what is there or before it.
            let first = match value("cursor=") {
                None => 0,
                Some(cursor) => {
                    let numbers = cursor.split(':').map(|number| number.parse().unwrap());
                    let numbers: Vec<u64> = numbers.collect();
                    assert!(numbers[2] <= 32_767, "the column is a small integer");
                    let from = (Some(numbers[0]), Some(numbers[2]));
                    all.iter().position(|row| place(row) <= from).unwrap_or(all.len())
                }
            };
            let cursor = |row: &Value| {
                let (height, index) = place(row);
                format!("{}:2147483647:{}", height.unwrap(), index.unwrap())
            };
            let end = (first + 50).min(all.len());
            let row = |older: &Value| json!({"transaction": shapes::transaction(older, ""), "involvement": "affected"});
            let mut rows: Vec<_> = all[first..end].iter().map(row).collect();
            if shared.script.lock().unwrap().pages_are_reversed {
                rows.reverse();
            }
            let next = (end < all.len()).then(|| cursor(&all[end]));
            return Some(json!({
                "total": all.len(), "limit": 50, "results": rows,
                "cursor": {"next": next, "previous": null, "current": null},
            }));
        }
        // The logs of a contract.
        let contract = path.strip_prefix("/extended/v2/smart-contracts/")?.strip_suffix("/logs")?;
        let mut all = Vec::new();
        loop {
            let offset = all.len();
            let path = format!("/extended/v1/contract/{contract}/events?limit=50&offset={offset}");
            let page = self.asked(shared, &path)?;
            let rows = page["results"].as_array().unwrap();
            all.extend(rows.iter().cloned());
            if rows.len() < 50 {
                break;
            }
        }
        let place = |row: &Value| {
            (row["block_height"].as_u64().unwrap(), row["event_index"].as_u64().unwrap())
        };
        let cursor = value("cursor=").map(|cursor| {
            let numbers: Vec<u64> = cursor.split(':').map(|text| text.parse().unwrap()).collect();
            assert!(numbers[2] <= 32_767, "the column is a small integer");
            (numbers[0], numbers[3])
        });
        let limit: usize = value("limit=").unwrap().parse().unwrap();
        let is_there = |row: &&Value| cursor.is_none_or(|cursor| place(row) <= cursor);
        let from: Vec<&Value> = all.iter().filter(is_there).collect();
        if cursor.is_some() && from.is_empty() {
            return None;
        }
        let text = |row: &Value| format!("{}:2147483647:0:{}", place(row).0, place(row).1);
        let row = |row: &&Value| {
            let mut row = (*row).clone();
            for name in ["block_height", "burn_block_height", "block_time"] {
                row.as_object_mut().unwrap().remove(name);
            }
            row
        };
        // The older page is the previous one.
        let older = from.get(limit).map(|row| text(row));
        Some(json!({
            "limit": limit, "offset": 0, "total": all.len(),
            "next_cursor": null, "prev_cursor": older, "cursor": from.first().map(|row| text(row)),
            "results": from.iter().take(limit).map(row).collect::<Vec<_>>(),
        }))
    }
}
