"""Facts that can be asked of MariaDB and MySQL servers."""
