"""Small tools without domain words: money, clock, phone, ids, sql, events, life cycles."""
