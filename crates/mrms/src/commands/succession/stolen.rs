//! What a person does whose words somebody else has, in the words of the command line: before a takeover, and after one.

/// Somebody made an offer with her words, which stands no more.
pub(crate) const OFFERED: &str = "whoever made that offer has your words: they read your records as you do, and can offer everything again
  1. make a new profile with new words, on a device that nobody else uses: mrms init --join INVITATION, or mrms profile add NAME
  2. hand everything over to it before they do: mrms hand-over offer CARD here, and mrms hand-over accept there
  3. tell the people and clinics who share with you, and send them the new card
  if it was you, on another device or with another program: mrms hand-over was-me";

/// Somebody took everything over.
pub(crate) const TAKEN: &str = "if that was not you, somebody had your words; nobody can undo it
  still yours: files that you saved, backups, and what others share with this account
  they can: read all your records, let others open them, and erase what is erasable
  1. keep the evidence, before anything is gone: mrms evidence RECORD -o FILE, for each record
  2. tell the people and clinics who treat you not to use this account, and to end what they share with it
  3. make a new profile with new words (mrms init --join INVITATION, or mrms profile add NAME), send everybody its card, and
     put your documents on record there anew; mrms send brings what others still have
  if it was you, on another device or with another program: mrms hand-over was-me";
