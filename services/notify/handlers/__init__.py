"""Use cases: what is heard becomes notices; notices that are due are written, handed over, and their end recorded.

Invariant: an attempt is written down before the mail server is asked, its end afterwards. Nothing is lost by a kill at any time;
only a kill between the server's reply and our record can repeat a mail, under the same Message-ID, and the record then says so.
"""
