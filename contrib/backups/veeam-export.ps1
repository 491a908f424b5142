# Exports what Controlproof reads of Veeam Backup & Replication (veeam-export/1). On the Veeam server, by a scheduled task
# whose account is a Veeam Backup Viewer or more:
#   powershell -NoProfile -File veeam-export.ps1 -Folder \\files\controlproof\vbr01
# It only reads. Properties that a release does not have become null, which the scan takes for "not told".
param(
    [Parameter(Mandatory = $true)][string]$Folder,
    [int]$Days = 400
)
$ErrorActionPreference = 'Stop'
$errors = New-Object System.Collections.ArrayList

function Utc($time) {
    if ($null -eq $time -or ([datetime]$time).Year -lt 1990) { return $null }
    return ([datetime]$time).ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ')
}
function Text($value) { if ($null -eq $value) { return $null }; return "$value" }
function Read-All([string]$what, [scriptblock]$ask) {
    try { return @(& $ask) }
    catch { [void]$errors.Add("${what}: $($_.Exception.Message)"); return @() }
}

$collected = Utc (Get-Date)
Import-Module Veeam.Backup.PowerShell -DisableNameChecking

$jobs = Read-All 'Get-VBRJob' {
    foreach ($job in Get-VBRJob -WarningAction SilentlyContinue) {
        $storage = $job.Options.BackupStorageOptions
        $last = $job.FindLastSession()
        @{
            id = Text $job.Id; name = $job.Name; type = Text $job.JobType
            enabled = [bool]$job.IsScheduleEnabled
            repository = Text $job.GetTargetRepository().Name
            objects = @($job.GetObjectsInJob() | ForEach-Object { $_.Name })
            encrypted = $storage.StorageEncryptionEnabled
            retention = Text $storage.RetentionType
            retention_quantity = $(if ("$($storage.RetentionType)" -eq 'Days') { $storage.RetainDaysToKeep } else { $storage.RetainCycles })
            health_check = $(
                $policy = $job.Options.GenerationPolicy
                if ($null -eq $policy.EnableRechek) { $null }
                elseif (-not $policy.EnableRechek) { 'never' }
                elseif ("$($policy.RecheckScheduleKind)" -eq 'Monthly') { 'monthly' } else { 'weekly' }
            )
            application_aware = $job.VssOptions.Enabled
            last_run = Utc $last.CreationTime; last_result = Text $last.Result; state = Text $last.State
        }
    }
}
$since = (Get-Date).AddDays(-$Days)
$sessions = Read-All 'Get-VBRBackupSession' {
    foreach ($each in Get-VBRBackupSession | Where-Object { $_.CreationTime -gt $since }) {
        @{
            id = Text $each.Id; job = $each.JobName; job_id = Text $each.JobId; type = Text $each.JobType
            started_at = Utc $each.CreationTime
            ended_at = $(if ("$($each.State)" -eq 'Stopped') { Utc $each.EndTime } else { $null })
            state = Text $each.State; result = Text $each.Result
        }
    }
}
$points = Read-All 'Get-VBRRestorePoint' {
    foreach ($each in Get-VBRRestorePoint) {
        $backup = $each.GetBackup()
        @{
            id = Text $each.Id; object = $each.Name; type = Text $each.Type
            created_at = Utc $each.CreationTime
            job_id = Text $backup.JobId; backup = Text $backup.Name
            repository = $(try { Text $backup.GetRepository().Name } catch { $null })
            corrupted = $each.IsCorrupted; consistent = $each.IsConsistent
            size = $each.ApproxSize
        }
    }
}
$repositories = Read-All 'Get-VBRBackupRepository' {
    foreach ($each in Get-VBRBackupRepository) {
        $room = $each.GetContainer()
        @{
            name = $each.Name; type = Text $each.Type
            total = $room.CachedTotalSpace.InBytes; free = $room.CachedFreeSpace.InBytes
            online = -not $each.IsUnavailable
        }
    }
}
$export = @{
    schema = 'veeam-export/1'; collected_at = $collected
    server = @{ name = $env:COMPUTERNAME; version = Text (Get-VBRBackupServerInfo).Build }
    jobs = $jobs; sessions = $sessions; restore_points = $points; repositories = $repositories
}
try {
    $own = Get-VBRConfigurationBackupJob
    $export.configuration_backup = @{
        enabled = $own.Enabled; encrypted = $own.EncryptionOptions.Enabled; repository = Text $own.Repository.Name
        last_success = $(if ("$($own.LastResult)" -eq 'Success') { Utc $own.LastRun } else { $null })
    }
} catch { [void]$errors.Add("Get-VBRConfigurationBackupJob: $($_.Exception.Message)") }
$export.errors = @($errors)
$export.complete = ($errors.Count -eq 0)

# Written beside its place first: a scan never meets half a file.
$new = Join-Path $Folder '.veeam.json.new'
ConvertTo-Json -InputObject $export -Depth 6 -Compress | Set-Content -Path $new -Encoding UTF8
Move-Item -Path $new -Destination (Join-Path $Folder 'veeam.json') -Force
