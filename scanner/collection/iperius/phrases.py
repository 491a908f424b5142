"""Sentences by which Iperius says how a run ended, in the languages of its surface; data alone.

French was read in a public script that checks such logs; English and Italian were not seen in real logs. A
sentence that is not here makes the outcome unknown, never a success.
"""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "backup completed successfully": "ok",
        "backup successfully completed": "ok",
        "backup completed with warnings": "warning",
        "backup completed with errors": "failed",
        "backup not completed": "failed",
        "backup failed": "failed",
        "backup stopped by the user": "cancelled",
        "backup cancelled by the user": "cancelled",
    },
    "it": {
        "backup completato con successo": "ok",
        "backup completato correttamente": "ok",
        "backup completato con avvisi": "warning",
        "backup completato con avvertimenti": "warning",
        "backup completato con errori": "failed",
        "backup non completato": "failed",
        "backup fallito": "failed",
        "backup interrotto dall'utente": "cancelled",
        "backup annullato dall'utente": "cancelled",
    },
    "fr": {
        "sauvegarde terminée avec succès": "ok",
        "sauvegarde terminée avec des avertissements": "warning",
        "sauvegarde terminée avec des erreurs": "failed",
    },
}
"""Language > sentence in lower case > status of a run."""
